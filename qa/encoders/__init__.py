"""An embedding model, computed: by PyTorch, or in eight bits by OpenVINO."""
