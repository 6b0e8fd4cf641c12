/** Many files as one: a ZIP archive (PKWARE's APPNOTE 6.3.10), deflated, with names in UTF-8. No ZIP64. */

export interface NamedFile {
  name: string;
  content: Blob;
}

const VERSION = 20;
const UTF8_NAMES = 0x0800;
const DEFLATE = 8;
const LARGEST = 0xffff_ffff;
const MOST = 0xffff;

/** Raises RangeError where it would have more than 65,535 files or 4 GiB. */
export async function zip(files: readonly NamedFile[], at: Date): Promise<Blob> {
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let offset = 0;
  let directorySize = 0;
  for (const { name, content } of files) {
    const encoded = new TextEncoder().encode(name);
    const deflated = await new Response(content.stream().pipeThrough(new CompressionStream("deflate-raw"))).blob();
    const shared = [
      ...[u16(VERSION), u16(UTF8_NAMES), u16(DEFLATE), ...dosTime(at), u32(await checksum(content))],
      ...[u32(deflated.size), u32(content.size), u16(encoded.length), u16(0)],
    ];
    const local = joined([u32(0x0403_4b50), ...shared, encoded]);
    const central = joined([
      ...[u32(0x0201_4b50), u16(VERSION), ...shared, u16(0), u16(0), u16(0), u32(0), u32(offset), encoded],
    ]);
    parts.push(local, deflated);
    directory.push(central);
    offset += local.length + deflated.size;
    directorySize += central.length;
    if (content.size > LARGEST || offset > LARGEST || files.length > MOST) {
      throw new RangeError("too much for one archive");
    }
  }
  const count = u16(files.length);
  const end = joined([...[u32(0x0605_4b50), u16(0), u16(0), count, count, u32(directorySize), u32(offset), u16(0)]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

function u16(value: number): Uint8Array {
  return new Uint8Array([value & 0xff, (value >>> 8) & 0xff]);
}

function u32(value: number): Uint8Array {
  return new Uint8Array([value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** Time, then date, in the two-second steps of MS-DOS and its years from 1980 on. */
function dosTime(at: Date): [Uint8Array, Uint8Array] {
  const time = (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
  const date = ((at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate();
  return [u16(time), u16(date)];
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1 ? 0xedb8_8320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

/** CRC-32, as in ITU-T V.42. */
async function checksum(content: Blob): Promise<number> {
  let value = 0xffff_ffff;
  const reader = content.stream().getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    for (const byte of piece.value) {
      value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
    }
  }
  return (value ^ 0xffff_ffff) >>> 0;
}
