function bytes(text) {
  if (!/[^\x00-\x7f]/.test(text)) return text;
  return encodeURIComponent(text).replace(/%(..)/g, function (all, hex) {
    return String.fromCharCode(parseInt(hex, 16));
  });
}
