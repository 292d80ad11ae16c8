"""What a run is told, as YAML: strict, frozen, and explained where it fails."""

from clvlens.config.run import Config, ModelConfig, load_config

__all__ = ["Config", "ModelConfig", "load_config"]
