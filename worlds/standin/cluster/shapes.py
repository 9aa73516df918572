"""The fields of the bodies that configure jobs and datafeeds."""

from standin.cluster.schema import Shape

_DETECTOR_FIELDS = {
    "detector_description": "text",
    "function": "text",
    "field_name": "text",
    "by_field_name": "text",
    "over_field_name": "text",
    "partition_field_name": "text",
    "use_null": "flag",
    "exclude_frequent": "text",
    "custom_rules": "any",
    "detector_index": "number",
}
_PER_PARTITION = Shape(
    "per_partition_categorization",
    {"enabled": "flag", "stop_on_warn": "flag"},
    required=("enabled",),
)
_ANALYSIS = Shape(
    "analysis_config",
    {
        "bucket_span": "time",
        "categorization_field_name": "text",
        "categorization_filters": "texts",
        "categorization_analyzer": "any",
        "per_partition_categorization": _PER_PARTITION,
        "latency": "time",
        "summary_count_field_name": "text",
        "detectors": [Shape("detector", _DETECTOR_FIELDS)],
        "influencers": "texts",
        "multivariate_by_fields": "flag",
        "model_prune_window": "time",
    },
)
_LIMITS = Shape(
    "analysis_limits",
    {"model_memory_limit": "size", "categorization_examples_limit": "number"},
)
_PLOT = Shape(
    "model_plot_config",
    {"enabled": "flag", "terms": "text", "annotations_enabled": "flag"},
    required=("enabled",),
)
_DATA = Shape(
    "data_description",
    {
        "format": "text",
        "time_field": "text",
        "time_format": "text",
        "field_delimiter": "text",
        "quote_character": "text",
    },
)
_FEED_FIELDS = {
    "datafeed_id": "text",
    "job_id": "text",
    "indices": "texts",
    "indexes": "texts",
    "query": "object",
    "aggregations": "object",
    "aggs": "object",
    "script_fields": "object",
    "runtime_mappings": "object",
    "scroll_size": "number",
    "query_delay": "text",
    "frequency": "text",
    "chunking_config": Shape("chunking_config", {"mode": "text", "time_span": "text"}),
    "delayed_data_check_config": Shape(
        "delayed_data_check_config", {"enabled": "flag", "check_window": "text"}
    ),
    "max_empty_searches": "number",
    "indices_options": "object",
}
FEED = Shape("datafeed_config", _FEED_FIELDS)
FEED_UPDATE = Shape("datafeed_update", _FEED_FIELDS)
_SHARED = {
    "job_id": "text",
    "groups": "texts",
    "description": "text",
    "analysis_limits": _LIMITS,
    "model_plot_config": _PLOT,
    "renormalization_window_days": "number",
    "background_persist_interval": "time",
    "model_snapshot_retention_days": "number",
    "daily_model_snapshot_retention_after_days": "number",
    "results_retention_days": "number",
    "custom_settings": "object",
    "allow_lazy_open": "flag",
}
JOB = Shape(
    "job_details",
    {
        **_SHARED,
        "job_type": "text",
        "job_version": "text",
        "create_time": "any",
        "finished_time": "any",
        "model_snapshot_id": "text",
        "analysis_config": _ANALYSIS,
        "data_description": _DATA,
        "results_index_name": "text",
        "deleting": "flag",
        "datafeed_config": FEED,
    },
)
JOB_UPDATE = Shape(
    "job_update",
    {
        **_SHARED,
        "detectors": [
            Shape(
                "detector_update",
                {"detector_index": "number", "description": "text"}
                | {"custom_rules": "any"},
            )
        ],
        "categorization_filters": "texts",
        "per_partition_categorization": _PER_PARTITION,
        "model_prune_window": "time",
    },
)
