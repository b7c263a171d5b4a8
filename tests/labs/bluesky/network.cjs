// A whole AT Protocol network on loopback alone: directory, personal data server, AppView. Its firehose is told on as a
// Jetstream tells it. The test asks it to settle.
const http = require('node:http')
const net = require('node:net')

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (where, ...rest) {
  const done = rest.find((one) => typeof one === 'function')
  const port = typeof where === 'object' && where !== null ? where.port : where
  return listen.call(this, { port: Number(port) || 0, host: '127.0.0.1' }, done)
}

const [plc, pds, bsky, ozone, control, jetstream] = process.argv.slice(2).map(Number)
const folder = process.cwd()

const load = (name) => require(require.resolve(name, { paths: [folder] }))

async function main() {
  const { TestNetwork } = load('@atproto/dev-env')
  const network = await TestNetwork.create({
    dbPostgresUrl: process.env.DB_POSTGRES_URL,
    dbPostgresSchema: 'lab',
    plc: { port: plc },
    pds: { port: pds, hostname: 'localhost' },
    bsky: { port: bsky, publicUrl: `http://localhost:${bsky}` },
    ozone: { port: ozone },
  })
  tellOn(network)
  const server = http.createServer(async (_, answer) => {
    try {
      await network.processAll(20000)
      answer.end('settled')
    } catch (error) {
      answer.writeHead(500).end(String(error))
    }
  })
  server.listen(control)
}

function tellOn(network) {
  const { Firehose } = load('@atproto/sync')
  const { IdResolver } = load('@atproto/identity')
  const { lexToJson } = load('@atproto/lexicon')
  const clients = new Map()
  new (load('ws').WebSocketServer)({ port: jetstream }).on('connection', (socket, asked) => {
    clients.set(socket, new URL(asked.url, 'http://localhost').searchParams)
    socket.on('close', () => clients.delete(socket))
  })
  new Firehose({
    idResolver: new IdResolver({ plcUrl: `http://localhost:${plc}` }),
    service: `ws://localhost:${pds}`,
    unauthenticatedCommits: true,
    unauthenticatedHandles: true,
    onError: (error) => console.error(error),
    handleEvent: ({ event, did, rev, collection, rkey, record, time }) => {
      if (!['create', 'update', 'delete'].includes(event)) return
      const commit = { rev, operation: event, collection, rkey, ...(record ? { record: lexToJson(record) } : {}) }
      const told = JSON.stringify({ did, time_us: Date.parse(time) * 1000, kind: 'commit', commit })
      for (const [socket, wanted] of clients) {
        const has = (name, value) => !wanted.has(name) || wanted.getAll(name).includes(value)
        if (has('wantedCollections', collection) && has('wantedDids', did)) socket.send(told)
      }
    },
  }).start()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
