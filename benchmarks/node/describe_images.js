// One client for all messages; it keeps its connections alive by itself.

const { DescribeImagesCommand, ECRClient } = require('@aws-sdk/client-ecr');

let client;

exports.init = async function init(cfg) {
    client = new ECRClient({
        region: cfg.region,
        endpoint: cfg.endpoint,
        credentials: { accessKeyId: cfg.accessKeyId, secretAccessKey: cfg.secretAccessKey },
    });
};

exports.process = async function process(msg) {
    const { $metadata, ...body } = await client.send(new DescribeImagesCommand(msg.body));
    await this.emit('data', { body, headers: { 'x-amzn-requestid': $metadata.requestId } });
};
