"""The ONNX files."""
