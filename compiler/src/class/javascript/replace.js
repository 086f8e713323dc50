// As a balancer in front of the server would: the viewer's address in place of what the viewer sent.
function forward(headers, ip) {
  headers['x-edgewright-x-forwarded-for'] = { value: ip };
}
