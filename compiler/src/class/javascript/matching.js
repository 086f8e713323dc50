// The cookies that match, in the order of their names.
function matching(cookies, expression) {
  var found = [];
  Object.keys(cookies).sort().forEach(function (name) {
    (cookies[name].multiValue || [cookies[name]]).forEach(function (one) {
      var cookie = bytes(name + '=' + one.value);
      if (expression.test(cookie)) found.push(encodeURIComponent(cookie));
    });
  });
  return found.join('&') + ';';
}
