// Can't be initialised.

exports.init = async function init(cfg) {
    throw new Error(`no init for ${cfg.name}`);
};

exports.process = async function process() {
    // never called
};
