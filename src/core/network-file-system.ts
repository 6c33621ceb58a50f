/** statfs(2) numbers of file systems that several machines may mount: their write-ahead logs would not see each other. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x00c36400, "CephFS"],
  [0x5346414f, "AFS"],
  [0x19830326, "BeeGFS"],
  [0x01021997, "9P"],
]);
const fuse = 0x65735546;
const networkFuse =
  /^fuse\.(sshfs|s3fs|glusterfs|ceph|ceph-fuse|rclone|davfs|curlftpfs|moosefs|mfs|juicefs|gcsfuse|afp)/i;

/**
 * The network file system that a folder lies on, if it is one.
 *
 * @param folder absolute
 * @param type as statfs(2) numbers it on Linux; other systems number theirs in their own way
 * @param mounts the text of /proc/self/mountinfo, which alone tells one FUSE file system from another
 */
export function networkFileSystem(folder: string, type: number, mounts: string): string | undefined {
  if (type >>> 0 !== fuse) return networkFileSystems.get(type >>> 0);
  let best = { point: "", name: "" };
  for (const line of mounts.split("\n")) {
    const [mount = "", source = ""] = line.split(" - ");
    const point = (mount.split(" ")[4] ?? "").replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isAbove = point === "/" || folder === point || folder.startsWith(`${point}/`);
    if (isAbove && point.length >= best.point.length) best = { point, name: source.split(" ")[0] ?? "" };
  }
  return networkFuse.test(best.name) ? best.name : undefined;
}
