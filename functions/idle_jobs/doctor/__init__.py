"""The doctor: tests each hop from a function to a closed job; it changes nothing.

finding     one line of the report: what was tested, what was seen, what to do next
network     name resolution, TCP and TLS; no request is sent
front_door  whether a request comes through to Elasticsearch
rights      as whom, and with which privileges
cluster     machine learning, licence, nodes, jobs
report      all checks of a function, in their order
"""
