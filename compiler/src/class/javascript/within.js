function within(address, network, mask) {
  return address.length === network.length
    && address.every(function (part, at) { return (part & mask[at]) === network[at]; });
}
