// The file of a stored container: its record and its program, of a machine that lost power or a disk that lies.
#include "targets.hpp"

#include "program/link.hpp"
#include "runtime/lifecycle/record.hpp"
#include "runtime/lifecycle/stored.hpp"
#include "spec/reader.hpp"

namespace phial::fuzz {

void stored(std::string_view bytes) {
  Result<runtime::Stored> stored = runtime::parse_stored(std::string(bytes), "/run/phial-oci/c1/container");
  if (stored) {
    static_cast<void>(spec::read_spec(stored->config(), "config.json"));
    static_cast<void>(program::read_linked(stored->image()));
  }
  Result<runtime::Record> record = runtime::read_record(bytes.substr(0, bytes.find('\n')), "container");
  if (!record)
    return;
  std::string text = runtime::record_text(*record);
  require(text.find('\n') == std::string::npos, "a record is more than a line");
  Result<runtime::Record> again = runtime::read_record(text, "again");
  require(again && runtime::record_text(*again) == text, "a record changes when it is written");
}

} // namespace phial::fuzz
