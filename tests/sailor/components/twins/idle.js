// Has no process function.
