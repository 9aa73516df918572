"""A handler as many would write it: official client, boto3, Powertools' batches."""

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from elasticsearch import Elasticsearch

logger = Logger(service="peer")
metrics = Metrics(namespace="Peer", service="peer")
processor = BatchProcessor(EventType.SQS)
sqs = boto3.client("sqs")
client = Elasticsearch(os.environ["CLUSTER_URL"], api_key=os.environ["API_KEY"])


def close(record: SQSRecord) -> None:
    """Close the job of a message, and wait for it."""
    job_id = json.loads(record.body)["job_id"]
    client.ml.close_job(job_id=job_id)
    logger.info("closed", extra={"job_id": job_id})


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    """Close the jobs of a batch."""
    return process_partial_response(
        event, record_handler=close, processor=processor, context=context
    )
