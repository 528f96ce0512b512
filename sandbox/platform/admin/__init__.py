"""The control plane: Cloud Run's admin API over gRPC (v2) and Knative REST (v1)."""

import os

# gRPC writes to stderr whenever a client goes away; it reads this variable once, when it is first imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
