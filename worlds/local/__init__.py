"""The application on one machine: our functions, moto's queues, a stand-in cluster.

It is wired as template.yaml says, which it reads. It may know the stand-in, and prints
as the operator's commands do; it finds the functions by their names in the template.
"""
