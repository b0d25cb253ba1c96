// One request to the kernel over a netlink socket, and its answer. Host's side. netlink(7).
#pragma once

#include <cstddef>

namespace phial::program {

// Sends a message that has NLM_F_ACK among its flags. 0, or the negative errno the kernel answers with.
[[nodiscard]] long netlink_request(int socket, const void* message, std::size_t size);

} // namespace phial::program
