#include "engine/network_files.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace phial::engine {

std::string hosts_text(const std::vector<KeyValue>& extra) {
  std::string out = "127.0.0.1\tlocalhost\n"
                    "::1\tlocalhost ip6-localhost ip6-loopback\n"
                    "fe00::\tip6-localnet\n"
                    "ff00::\tip6-mcastprefix\n"
                    "ff02::1\tip6-allnodes\n"
                    "ff02::2\tip6-allrouters\n";
  for (const KeyValue& entry : extra)
    out += entry.value + "\t" + entry.key + "\n";
  return out;
}

std::string resolv_text(const RunOptions& options, std::string_view host, bool own_network) {
  std::string servers;
  std::string search;
  std::string settings;
  for (std::string_view line : split(host, '\n')) {
    std::vector<std::string_view> words = split(trim(line), ' ');
    if (words[0] == "nameserver" && words.size() > 1) {
      bool loopback = words[1].starts_with("127.") || words[1] == "::1";
      if (!own_network || !loopback)
        servers += std::string(line) + "\n";
    } else if (words[0] == "search" || words[0] == "domain") {
      search = std::string(line) + "\n";
    } else if (words[0] == "options") {
      settings += std::string(line) + "\n";
    }
  }
  if (!options.dns.empty()) {
    servers.clear();
    for (const std::string& server : options.dns)
      servers += "nameserver " + server + "\n";
  }
  // docker: a lone "." means no search at all.
  if (!options.dns_search.empty())
    search =
        options.dns_search == std::vector<std::string>{"."} ? "" : "search " + join(options.dns_search, " ") + "\n";
  if (!options.dns_options.empty())
    settings = "options " + join(options.dns_options, " ") + "\n";
  return servers + search + settings;
}

std::vector<NetworkFile> network_files(const RunOptions& options, const spec::Spec& spec) {
  if (options.network.from == NamespaceRequest::From::container)
    return {};
  bool host_network = options.network.from == NamespaceRequest::From::host;
  std::string hosts = hosts_text(options.extra_hosts);
  if (host_network)
    if (Result<std::string> text = read_file("/etc/hosts")) {
      hosts = std::move(*text);
      for (const KeyValue& entry : options.extra_hosts)
        hosts += entry.value + "\t" + entry.key + "\n";
    }
  Result<std::string> resolv = read_file("/etc/resolv.conf");
  return {{"hosts", std::move(hosts)},
          {"hostname", spec.hostname + "\n"},
          {"resolv.conf", resolv_text(options, resolv ? *resolv : std::string(), !host_network)}};
}

Result<> write_network_files(const std::string& directory, const std::vector<NetworkFile>& files) {
  for (const NetworkFile& file : files)
    TRY(write_file_atomically(directory + "/" + file.name, file.text, 0644));
  return {};
}

} // namespace phial::engine
