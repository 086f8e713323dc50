// Does one of the cookies, as name=value, match?
function some(cookies, expression) {
  return Object.keys(cookies).some(function (name) {
    var all = cookies[name].multiValue || [cookies[name]];
    return all.some(function (one) { return expression.test(bytes(name + '=' + one.value)); });
  });
}
