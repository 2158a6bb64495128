const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const END_LENGTH = 22;
const ENTRY_LENGTH = 46;

/** The CRC-32 that a ZIP file states for each of its members, in the order of its directory. */
export function statedChecksums(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let {count, offset} = findDirectory(view);
  const checksums: number[] = [];
  for (; count > 0; count--) {
    if (view.getUint32(offset, true) !== ENTRY) throw new RangeError(`no entry of its directory at byte ${offset}`);
    checksums.push(view.getUint32(offset + 16, true));
    const [name, extra, comment] = [offset + 28, offset + 30, offset + 32];
    offset += ENTRY_LENGTH + [name, extra, comment].reduce((sum, at) => sum + view.getUint16(at, true), 0);
  }
  return checksums;
}

/** Where the directory begins and how many members it lists. Files beyond 4 GiB state it in a record of their own. */
function findDirectory(view: DataView): {count: number; offset: number} {
  let end = view.byteLength - END_LENGTH;
  while (view.getUint32(end, true) !== END) end--;
  if (end >= 20 && view.getUint32(end - 20, true) === LOCATOR_64) {
    const record = Number(view.getBigUint64(end - 12, true));
    if (view.getUint32(record, true) === END_64) {
      return {
        count: Number(view.getBigUint64(record + 32, true)),
        offset: Number(view.getBigUint64(record + 48, true)),
      };
    }
  }
  return {count: view.getUint16(end + 8, true), offset: view.getUint32(end + 16, true)};
}
