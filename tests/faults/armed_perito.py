"""`perito` with failpoints that a test arms. The command itself has no way to arm them in its serving process."""

from perito_runtime.failpoints import arm_from_environment
from perito_standalone.cli import app

if __name__ == "__main__":
    arm_from_environment()
    app()
