// Does what its message says: body.script, else cfg.script, is a list of instructions.

const fs = require('fs');

function namedError({ name, message }) {
    return Object.assign(new Error(message), { name });
}

exports.process = async function process(msg, cfg, snapshot) {
    const body = msg.body || {};
    if (cfg.journal) {
        fs.appendFileSync(cfg.journal, `${body.label}\n`);
    }
    // a copy: what is emitted must not be a part of what came, or passthrough becomes a circle
    const script = JSON.parse(JSON.stringify(body.script || cfg.script || []));
    for (const [name, ...rest] of script) {
        if (name === 'emit') {
            const [event, payload] = rest;
            const isError = event === 'error' && payload && typeof payload === 'object';
            await this.emit(event, isError ? namedError(payload) : payload);
        } else if (name === 'see') {
            const seen = { msg, cfg, snapshot, variables: this.getFlowVariables() };
            await this.emit('data', { body: JSON.parse(JSON.stringify(seen)) });
        } else if (name === 'log') {
            this.logger.info(rest[0]);
        } else if (name === 'wait') {
            // until the test makes a file
            while (!fs.existsSync(rest[0])) {
                await new Promise(resolve => setTimeout(resolve, 10));
            }
        } else if (name === 'fail') {
            throw namedError({ name: rest[0], message: rest[1] });
        } else if (name === 'return') {
            return rest[0];
        }
    }
};
