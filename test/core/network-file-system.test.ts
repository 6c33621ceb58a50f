import { expect, test } from "vitest";
import { networkFileSystem } from "../../src/core/network-file-system.ts";

const mounts = [
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
  "30 22 0:40 / /data rw shared:2 - fuse.sshfs host:/data rw",
  "31 30 0:41 / /data/local rw shared:3 - fuse.mergerfs a:b rw",
  "32 22 0:42 / /with\\040blank rw - fuse.rclone remote rw",
].join("\n");

test.each([
  ["/x", 0x6969, "NFS"],
  ["/x", 0xff534d42 | 0, "CIFS"],
  ["/x", 0xfe534d42, "SMB2"],
  ["/x", 0x0bd00bd0, "Lustre"],
  ["/data/run", 0x65735546, "fuse.sshfs"],
  ["/with blank/run", 0x65735546, "fuse.rclone"],
  ["/data/local/run", 0x65735546, undefined],
  ["/database", 0x65735546, undefined],
  ["/x", 0xef53, undefined],
])("%s of type %i is %s", (folder, type, name) => {
  expect(networkFileSystem(folder, type, mounts)).toBe(name);
});
