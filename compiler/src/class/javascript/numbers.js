// An address in numbers of 16 bits: two of IPv4, eight of IPv6.
function numbers(ip) {
  var v4 = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)(?![\s\S])/i.exec(ip);
  if (v4) return [v4[1] * 256 + +v4[2], v4[3] * 256 + +v4[4]];
  var parts = ip.split('::');
  var head = parts[0] ? parts[0].split(':') : [];
  var tail = parts[1] ? parts[1].split(':') : [];
  while (parts.length > 1 && head.length + tail.length < 8) head.push('0');
  var all = head.concat(tail).map(function (part) { return parseInt(part, 16); });
  return all.slice(0, 6).join() === '0,0,0,0,0,65535' ? all.slice(6) : all;
}
