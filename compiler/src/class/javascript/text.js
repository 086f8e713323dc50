// The values of a header, UTF-8 with a character for each byte.
function text(header) {
  if (!header) return '';
  var all = header.multiValue || [header];
  return bytes(all.map(function (one) { return one.value; }).join(', '));
}
