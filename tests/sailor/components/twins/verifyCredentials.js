// Says of credentials what they say themselves.

module.exports = async function verify(cfg) {
    if (cfg.raise) {
        throw new Error(cfg.raise);
    }
    return cfg.answer;
};
