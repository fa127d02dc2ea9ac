"""A run as an ONNX file: its table's encoding, its network, its answer, checked against ONNX Runtime."""
