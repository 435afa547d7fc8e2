// Answers design-time questions out of its cfg.

exports.getMetaModel = async function getMetaModel(cfg) {
    return { in: { type: 'object', title: cfg.name }, out: {} };
};

exports.regions = async function regions(cfg) {
    return { one: cfg.name, two: 'Zürich' };
};

exports.fails = async function fails(cfg) {
    throw new Error(`no model for ${cfg.name}`);
};
