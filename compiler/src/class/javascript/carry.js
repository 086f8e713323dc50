// CloudFront changes this header on its way to the function at origin-request, which reads it here.
function carry(headers, name, carrier) {
  if (headers[name]) headers[carrier] = headers[name];
  else delete headers[carrier];
}
