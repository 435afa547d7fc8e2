// Fails when it is loaded.

throw new Error('broken on purpose');
