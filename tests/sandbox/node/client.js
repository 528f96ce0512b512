// Drives one service through the real Node client and prints what it saw as one JSON line.
'use strict';

const run = require('@google-cloud/run');
const {grpc} = require('google-gax');

const [, , port, project, region, rollbackTo, missing] = process.argv;
const parent = `projects/${project}/locations/${region}`;
const name = `${parent}/services/svc`;
const options = {
  apiEndpoint: '127.0.0.1',
  port: Number(port),
  sslCreds: grpc.credentials.createInsecure(),
  projectId: project,
};

function trafficTo(revision, percent, etag) {
  return {
    service: {name, etag, traffic: [{type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision, percent}]},
    updateMask: {paths: ['traffic']},
  };
}

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    const violations = (error.statusDetails || []).flatMap(detail => detail.fieldViolations || []);
    return {code: error.code, message: error.message, fields: violations.map(one => one.field)};
  }
  return null;
}

async function main() {
  const services = new run.ServicesClient(options);
  const revisions = new run.RevisionsClient(options);
  const [before] = await services.getService({name});
  const [listed] = await services.listServices({parent});
  const [history] = await revisions.listRevisions({parent: name});

  const [operation] = await services.updateService(trafficTo(rollbackTo, 100, before.etag));
  const [after] = await operation.promise();

  const stale = await refusal(() => services.updateService(trafficTo(rollbackTo, 100, before.etag)));
  const short = await refusal(() => services.updateService(trafficTo(rollbackTo, 60)));
  const failed = await refusal(async () => {
    const [doomed] = await services.updateService(trafficTo(missing, 100));
    await doomed.promise();
  });
  await Promise.all([services.close(), revisions.close()]);
  return {
    services: listed.map(one => one.name),
    revisions: history.map(one => one.name.split('/').pop()),
    split: after.trafficStatuses.map(one => [one.revision, one.percent]),
    reconciling: after.reconciling,
    stale,
    short,
    failed,
  };
}

main().then(
  seen => console.log(JSON.stringify(seen)),
  error => {
    console.error(error);
    process.exitCode = 1;
  }
);
