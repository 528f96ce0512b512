"""A local Cloud Monitoring: what the router measured, served to the real google-cloud-monitoring client.

`SampleStore` takes samples in, `serve_monitoring` answers `google.monitoring.v3.MetricService` from it. The
query side is pure: filter, align, reduce, page. Semantics follow the API reference of
`projects.timeSeries.list`; what is not emulated answers UNIMPLEMENTED, never a wrong number.
"""
