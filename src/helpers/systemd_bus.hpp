// Asking systemd over D-Bus: transient units, and waiting for its jobs. The only file that knows libsystemd's sd-bus.
// org.freedesktop.systemd1(5), sd-bus(3).
#pragma once

#include "base/error.hpp"
#include "base/gvariant.hpp"

#include <memory>
#include <string>
#include <vector>

struct sd_bus;

namespace phial::helpers {

struct Property {
  std::string name;
  Variant value;
};

class SystemdBus {
public:
  // The first of the addresses that answers; where none is given, the system's bus, and for root systemd's own socket.
  [[nodiscard]] static Result<SystemdBus> open(const std::vector<std::string>& addresses);

  // Makes a transient unit and waits until it runs. One of that name that has failed is cleared away first;
  // Kind::exists where one runs. A unit that did not come to run is stopped again.
  [[nodiscard]] Result<> start(const std::string& unit, const std::vector<Property>& properties);
  // Stops a unit and waits for its end; one that is not there is stopped.
  [[nodiscard]] Result<> stop(const std::string& unit);
  // Changes properties until the next boot.
  [[nodiscard]] Result<> set(const std::string& unit, const std::vector<Property>& properties);
  // The cgroup below which the manager's units lie; empty where that is the root.
  [[nodiscard]] Result<std::string> cgroup();

private:
  struct Closer {
    void operator()(sd_bus* bus) const;
  };
  explicit SystemdBus(sd_bus* bus) : bus_(bus) {}
  [[nodiscard]] Result<std::string> start_job(const std::string& unit, const std::vector<Property>& properties);
  [[nodiscard]] Result<> await(const std::string& job, const std::string& unit);
  [[nodiscard]] Result<> watch_jobs();
  void forget(const std::string& unit);

  struct Jobs;
  std::unique_ptr<sd_bus, Closer> bus_;
  std::shared_ptr<Jobs> jobs_;
};

} // namespace phial::helpers
