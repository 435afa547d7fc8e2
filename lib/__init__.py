"""The Amazon ECR connector and the runtime that the platform starts for its steps."""
