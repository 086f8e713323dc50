// As a balancer in front of the server would: the viewer's address behind what the viewer sent.
function forward(headers, ip) {
  var sent = headers['x-forwarded-for'];
  var all = sent ? (sent.multiValue || [sent]).map(function (one) { return one.value; }) : [];
  headers['x-edgewright-x-forwarded-for'] = { value: all.concat(ip).join(', ') };
}
