// The three files of /etc that the engine writes for a container: hosts, hostname, resolv.conf. The texts are pure.
#pragma once

#include "engine/run_options.hpp"
#include "spec/types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace phial::engine {

// hosts(5): the loopback lines, then --add-host's.
[[nodiscard]] std::string hosts_text(const std::vector<KeyValue>& extra);
// resolv.conf(5): the flags' servers, searches and options; what no flag gives is taken from the host's text.
// `own_network`: servers on the host's loopback cannot be reached and are left out.
[[nodiscard]] std::string resolv_text(const RunOptions& options, std::string_view host, bool own_network);

struct NetworkFile {
  std::string name; // "hosts"
  std::string text;
};
// All of them, empty where another container's are used. Reads the host's own.
[[nodiscard]] std::vector<NetworkFile> network_files(const RunOptions& options, const spec::Spec& spec);

[[nodiscard]] Result<> write_network_files(const std::string& directory, const std::vector<NetworkFile>& files);

} // namespace phial::engine
