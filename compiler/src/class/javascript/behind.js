// The client whom trusted proxies name in a header, as mod_remoteip takes it; ip where they name none.
function behind(ip, header, proxies) {
  var named = header ? text(header).split(',') : [];
  var client = ip, mayBePrivate = false;
  while (named.length) {
    if (proxies.length) {
      var at = numbers(client);
      var proxy = proxies.filter(function (one) { return within(at, one[0], one[1]); })[0];
      if (!proxy) break;
      mayBePrivate = proxy[2];
    }
    var address = numbers(named.pop().replace(/^ +/, '').replace(/ +(?![\s\S])/, ''));
    if (!address || !(mayBePrivate || isPublic(address))) break;
    client = written(address);
  }
  return client;
}

function isPublic(address) {
  var first = address[0];
  if (address.length > 2) return (first & 0xe000) === 0x2000;
  return first >> 8 !== 10 && first >> 8 !== 127 && (first & 0xfff0) !== 0xac10
    && first !== 0xa9fe && first !== 0xc0a8;
}

// An address in numbers of 16 bits: two of IPv4, eight of IPv6; undefined where it is none.
function numbers(ip) {
  if (ip.indexOf(':') < 0) return v4(ip);
  var end = /^([\s\S]*:)(\d+\.\d+\.\d+\.\d+)(?![\s\S])/.exec(ip);
  if (end) {
    var four = v4(end[2]);
    if (!four || /(?:^|\.)0\d/.test(end[2])) return undefined;
    ip = end[1] + four[0].toString(16) + ':' + four[1].toString(16);
  }
  var halves = ip.split('::');
  var head = halves[0] ? halves[0].split(':') : [];
  var tail = halves[1] ? halves[1].split(':') : [];
  var count = head.length + tail.length;
  if (halves.length > 2 || (halves.length > 1 ? count > 7 : count !== 8)) return undefined;
  for (; count < 8; count++) head.push('0');
  var all = head.concat(tail);
  if (!all.every(function (part) { return /^[0-9a-f]{1,4}(?![\s\S])/i.test(part); })) return undefined;
  all = all.map(function (part) { return parseInt(part, 16); });
  return all.slice(0, 6).join() === '0,0,0,0,0,65535' ? all.slice(6) : all;
}

// One to four numbers, also octal and hexadecimal, the last of which fills what is left (inet_aton).
function v4(ip) {
  var parts = ip.split('.'), last = parts.length - 1, bits = 0;
  if (last > 3) return undefined;
  for (var at = 0; at <= last; at++) {
    var part = parts[at], number = NaN;
    if (/^(?:0x[0-9a-f]+|0|[1-9]\d*)(?![\s\S])/i.test(part)) number = Number(part);
    else if (/^0[0-7]+(?![\s\S])/.test(part)) number = parseInt(part, 8);
    if (!(number < Math.pow(256, at < last ? 1 : 4 - last))) return undefined;
    bits += number * Math.pow(256, at < last ? 3 - at : 0);
  }
  return [Math.floor(bits / 65536), bits % 65536];
}

function written(address) {
  if (address.length === 2) {
    return [address[0] >> 8, address[0] & 255, address[1] >> 8, address[1] & 255].join('.');
  }
  var parts = address.map(function (number) { return number.toString(16); });
  var longest = 0, from = 0, zeros = 0;
  address.forEach(function (number, at) {
    zeros = number ? 0 : zeros + 1;
    if (zeros > longest) { longest = zeros; from = at - zeros + 1; }
  });
  if (longest < 2) return parts.join(':');
  return parts.slice(0, from).join(':') + '::' + parts.slice(from + longest).join(':');
}
