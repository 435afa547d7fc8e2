// Notes in cfg.journal when its hooks are called, and with what.

const fs = require('fs');

function note(cfg, hook, data = null) {
    fs.appendFileSync(cfg.journal, JSON.stringify([hook, cfg.name, data]) + '\n');
}

exports.startup = async function startup(cfg) {
    note(cfg, 'startup');
    return cfg.startup;
};

exports.init = async function init(cfg) {
    note(cfg, 'init');
};

exports.shutdown = async function shutdown(cfg, startupData) {
    note(cfg, 'shutdown', startupData);
};

exports.process = async function process(msg, cfg) {
    note(cfg, 'process');
    return { body: {} };
};
