import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "./free-ports.ts";
import { keepProcesses } from "./kept-processes.ts";
import type { TestServer } from "./server.ts";

const run = promisify(execFile);

/** What the recipe takes of Debian's packages, by name. */
export const rgwPrograms = [
  "radosgw",
  "radosgw-admin",
  "ceph-mon",
  "ceph-osd",
  "ceph-authtool",
  "monmaptool",
  "osdmaptool",
];

/** The keys begin as `test/fixtures/leaks.ts` looks for secrets. */
const user = { name: "firstlight", accessKey: "hush-access-key", secretKey: "hush-secret-key" };

/**
 * Ceph's S3 gateway over a cluster of one monitor and one store in memory, on free ports of the loopback interface. The URL carries
 * access key and secret key, and in `cluster` the folder of the cluster, for which `startGateway` starts further gateways.
 */
export async function startRgw(): Promise<TestServer> {
  const cluster = await mkdtemp(join(tmpdir(), "firstlight-rgw-"));
  const [monitorPort = 0, oldMonitorPort = 0] = await freePorts(2);
  const at = (name: string): string => join(cluster, name);
  for (const name of ["mon", "osd", "run"]) await mkdir(at(name));
  const [conf, monitors] = [at("ceph.conf"), `[v2:127.0.0.1:${monitorPort},v1:127.0.0.1:${oldMonitorPort}]`];
  const fsid = randomUUID();
  await writeFile(conf, confOf(cluster, fsid, monitors));
  await writeKeys(at("keyring"));
  await run("monmaptool", ["--create", "--fsid", fsid, "--addv", "a", monitors, at("monmap")]);
  // With the store in the map from the beginning, nothing has to wait for the monitor: all daemons start at once.
  await run("osdmaptool", ["-c", conf, "--createsimple", "1", at("osdmap")]);
  const maps = ["--monmap", at("monmap"), "--osdmap", at("osdmap"), "--keyring", at("keyring")];
  await run("ceph-mon", ["-c", conf, "--mkfs", "-i", "a", ...maps]);
  await run("ceph-osd", ["-c", conf, "--no-mon-config", "--monmap", at("monmap"), "-i", "0", "--mkfs"]);
  const kept = await keepProcesses({
    folder: cluster,
    port: monitorPort,
    commands: [
      { name: "mon", command: "ceph-mon", args: ["-f", "-c", conf, "-i", "a"] },
      { name: "osd", command: "ceph-osd", args: ["-f", "-c", conf, "-i", "0"] },
    ],
    timeoutMs: 60_000,
  });
  try {
    const [port = 0] = await freePorts(1);
    const gateway = await startGateway(cluster, port);
    await makeUser(conf);
    return {
      url: `http://${user.accessKey}:${user.secretKey}@127.0.0.1:${port}/?cluster=${encodeURIComponent(cluster)}`,
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]();
        await kept[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await kept[Symbol.asyncDispose]();
    throw error;
  }
}

/** A gateway to a cluster that runs. Disposed, it is killed with no time to end anything; the objects stay. */
export async function startGateway(cluster: string, port: number): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-gateway-"));
  const args = ["-f", "-c", join(cluster, "ceph.conf"), "-n", "client.rgw"];
  return keepProcesses({
    folder,
    port,
    commands: [
      {
        name: "radosgw",
        command: "radosgw",
        args: [...args, `--rgw-frontends=beast endpoint=127.0.0.1:${port}`, `--rgw-data=${folder}`, "--admin-socket="],
      },
    ],
    timeoutMs: 90_000,
    ready: async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))?.ok === true,
  });
}

/** Frees what deleted and replaced objects leave behind, which the gateway keeps for hours. */
export async function collectGarbage(cluster: string): Promise<void> {
  const asAdmin = ["-c", join(cluster, "ceph.conf"), "-n", "client.rgw", "--admin-socket="];
  await run("radosgw-admin", [...asAdmin, "gc", "process", "--include-all"], { timeout: 60_000 });
}

/** With `auth=none` the gateway never gets past its monitor. */
async function writeKeys(keyring: string): Promise<void> {
  const caps = {
    "mon.": ["mon", "allow *"],
    "osd.0": ["mon", "allow profile osd", "osd", "allow *"],
    "client.rgw": ["mon", "allow rw", "osd", "allow rwx"],
  };
  await run("ceph-authtool", ["--create-keyring", keyring]);
  for (const [name, [...allowed]] of Object.entries(caps)) {
    const pairs = allowed.flatMap((word, i) => (i % 2 === 0 ? ["--cap", word] : [word]));
    await run("ceph-authtool", [keyring, "--gen-key", "-n", name, ...pairs]);
  }
}

async function makeUser(conf: string): Promise<void> {
  const keys = [`--access-key=${user.accessKey}`, `--secret-key=${user.secretKey}`];
  const named = [`--uid=${user.name}`, `--display-name=${user.name}`];
  await run("radosgw-admin", ["-c", conf, "-n", "client.rgw", "--admin-socket=", "user", "create", ...named, ...keys], {
    timeout: 60_000,
  });
}

function confOf(folder: string, fsid: string, monitors: string): string {
  return `[global]
keyring=${folder}/keyring
fsid=${fsid}
mon_host=${monitors}
auth_cluster_required=cephx
auth_service_required=cephx
auth_client_required=cephx
auth_allow_insecure_global_id_reclaim=true
run_dir=${folder}/run
admin_socket=${folder}/run/$name.asok
log_file=
log_to_stderr=true
ms_bind_ipv6=false
public_addr=127.0.0.1
cluster_addr=127.0.0.1
mon_data=${folder}/mon
mon_data_avail_crit=1
mon_allow_pool_size_one=true
mon_warn_on_pool_no_redundancy=false
osd_data=${folder}/osd
osd_objectstore=memstore
memstore_device_bytes=${12 * 2 ** 30}
osd_crush_chooseleaf_type=0
osd_pool_default_size=1
osd_pool_default_min_size=1
osd_pool_default_pg_num=8
osd_pool_default_pg_autoscale_mode=off
`;
}
