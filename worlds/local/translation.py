"""Translates the SAM template into the CloudFormation that a deploy makes of it."""

import copy
from collections.abc import Mapping
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local.intrinsics import Template

NEEDED = {"ClusterName": "drill", "ClusterUrl": "https://elastic.example"}
"""The parameters that have no default."""


def translate(template: Template, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the CloudFormation template of a SAM template."""
    source: dict[str, Any] = copy.deepcopy(dict(template))
    # The translator takes no folder: uploading one is what `sam package` does.
    source["Globals"]["Function"]["CodeUri"] = "s3://bucket/key.zip"
    translator = Translator(
        managed_policy_map={},
        sam_parser=Parser(),
        boto_session=boto3.Session(region_name="eu-west-1"),
    )
    translated: dict[str, Any] = translator.translate(
        source, parameter_values=NEEDED | dict(parameters)
    )
    # The translator drops both transforms, of which it did only its own.
    return translated | {"Transform": "AWS::LanguageExtensions"}
