"""The least that a step's environment holds."""

ALWAYS = {
    "ELASTICIO_FLOW_ID": "flow",
    "ELASTICIO_EXEC_ID": "exec",
    "ELASTICIO_STEP_ID": "step",
    "ELASTICIO_CONTAINER_ID": "container",
    "ELASTICIO_WORKSPACE_ID": "workspace",
    "ELASTICIO_USER_ID": "user",
    "ELASTICIO_COMP_ID": "comp",
    "ELASTICIO_FUNCTION": "function",
    "ELASTICIO_API_URI": "https://api.example.com",
    "ELASTICIO_API_USERNAME": "me",
    "ELASTICIO_API_KEY": "api-secret",
}
FOR_MESSAGES = {
    "ELASTICIO_AMQP_URI": "amqp://me:p%40ss@broker.example.com",
    "ELASTICIO_LISTEN_MESSAGES_ON": "in",
    "ELASTICIO_PUBLISH_MESSAGES_TO": "exchange",
    "ELASTICIO_DATA_ROUTING_KEY": "data",
    "ELASTICIO_ERROR_ROUTING_KEY": "error",
    "ELASTICIO_REBOUND_ROUTING_KEY": "rebound",
    "ELASTICIO_SNAPSHOT_ROUTING_KEY": "snapshot",
    "ELASTICIO_MESSAGE_CRYPTO_IV": "0123456789abcdef",
    "ELASTICIO_MESSAGE_CRYPTO_PASSWORD": "crypto-secret",
}
ENVIRON = {**ALWAYS, **FOR_MESSAGES}
