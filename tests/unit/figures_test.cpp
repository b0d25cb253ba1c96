// Figures of a container from given texts, in runc's schema.
#include "runtime/figures.hpp"

#include <gtest/gtest.h>

#include <map>

namespace phial::runtime {
namespace {

class Texts final : public FigureSource {
public:
  Texts(int version, std::map<std::string, std::string> files) : version_(version), files_(std::move(files)) {}
  int version(std::string_view controller) const override {
    return controller == "cpuacct" && version_ == 2 ? 0 : version_;
  }
  std::string read(std::string_view /*controller*/, std::string_view file) const override {
    auto found = files_.find(std::string(file));
    return found == files_.end() ? "" : found->second;
  }
  std::vector<std::string> huge_page_sizes() const override { return {"2MB"}; }
  std::string network_devices() const override { return {}; }

private:
  int version_;
  std::map<std::string, std::string> files_;
};

constexpr const char* kPressure = "some avg10=0.12 avg60=1.00 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 "
                                  "avg300=0.00 total=3\n";

TEST(Figures, CpuOfVersion1) {
  Texts source(1, {{"cpuacct.usage", "300\n"},
                   {"cpuacct.usage_percpu", "100 200 \n"},
                   {"cpuacct.usage_all", "cpu user system\n0 90 10\n1 150 50\n"},
                   {"cpuacct.stat", "user 2\nsystem 1\n"},
                   {"cpu.stat", "nr_periods 4\nnr_throttled 3\nthrottled_time 2000\n"}});
  EXPECT_EQ(to_text(cpu_figures(source)),
            R"({"usage":{"total":300,"percpu":[100,200],"percpu_kernel":[10,50],"percpu_user":[90,150],)"
            R"("kernel":10000000,"user":20000000},)"
            R"("throttling":{"periods":4,"throttledPeriods":3,"throttledTime":2000}})");
}

TEST(Figures, CpuOfVersion2) {
  Texts source(2, {{"cpu.stat", "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 0\nnr_throttled 0\n"
                                "throttled_usec 0\n"},
                   {"cpu.pressure", kPressure}});
  EXPECT_EQ(to_text(cpu_figures(source)), R"({"usage":{"total":5000,"kernel":2000,"user":3000},"throttling":{},)"
                                          R"("psi":{"some":{"avg10":0.12,"avg60":1,"avg300":0,"total":7},)"
                                          R"("full":{"avg10":0,"avg60":0,"avg300":0,"total":3}}})");
}

TEST(Figures, MemoryOfVersion2CountsSwapTogetherWithIt) {
  Texts source(2, {{"memory.current", "100\n"},
                   {"memory.max", "1000\n"},
                   {"memory.peak", "150\n"},
                   {"memory.events", "low 0\nhigh 0\nmax 2\noom 0\noom_kill 0\n"},
                   {"memory.swap.current", "5\n"},
                   {"memory.swap.max", "500\n"},
                   {"memory.stat", "file 60\nanon 40\n"}});
  EXPECT_EQ(to_text(memory_figures(source)),
            R"({"cache":60,"usage":{"limit":1000,"usage":100,"max":150,"failcnt":2},)"
            R"("swap":{"limit":1500,"usage":105,"failcnt":0},"kernel":{"limit":0,"failcnt":0},)"
            R"("kernelTCP":{"limit":0,"failcnt":0},"raw":{"anon":40,"file":60}})");
}

TEST(Figures, NoLimitOfVersion2IsTheLargestNumber) {
  Texts source(2, {{"memory.current", "100\n"},
                   {"memory.max", "max\n"},
                   {"memory.swap.current", "0\n"},
                   {"memory.swap.max", "max\n"}});
  Json memory = memory_figures(source);
  EXPECT_EQ(to_text(*memory.at({"usage", "limit"})), "18446744073709551615");
  EXPECT_EQ(to_text(*memory.at({"swap", "limit"})), "18446744073709551615");
}

TEST(Figures, MemoryOfVersion1) {
  Texts source(1, {{"memory.stat", "cache 8\nrss 4\n"},
                   {"memory.limit_in_bytes", "64\n"},
                   {"memory.usage_in_bytes", "16\n"},
                   {"memory.max_usage_in_bytes", "32\n"},
                   {"memory.failcnt", "1\n"},
                   {"memory.memsw.limit_in_bytes", "128\n"}});
  EXPECT_EQ(to_text(memory_figures(source)),
            R"({"cache":8,"usage":{"limit":64,"usage":16,"max":32,"failcnt":1},"swap":{"limit":128,"failcnt":0},)"
            R"("kernel":{"limit":0,"failcnt":0},"kernelTCP":{"limit":0,"failcnt":0},"raw":{"cache":8,"rss":4}})");
}

TEST(Figures, PidsWithoutALimitHaveNone) {
  EXPECT_EQ(to_text(pids_figures(Texts(2, {{"pids.current", "3\n"}, {"pids.max", "max\n"}}))), R"({"current":3})");
  EXPECT_EQ(to_text(pids_figures(Texts(2, {{"pids.current", "3\n"}, {"pids.max", "9\n"}}))),
            R"({"current":3,"limit":9})");
}

TEST(Figures, IoOfEitherVersion) {
  EXPECT_EQ(to_text(io_figures(Texts(2, {{"io.stat", "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n"}}))),
            R"({"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":4096},{"major":8,"op":"Write"}],)"
            R"("ioServicedRecursive":[{"major":8,"op":"Read","value":1},{"major":8,"op":"Write"}]})");
  EXPECT_EQ(to_text(io_figures(Texts(
                1, {{"blkio.throttle.io_service_bytes_recursive", "8:16 Read 512\n8:16 Total 512\nTotal 512\n"}}))),
            R"({"ioServiceBytesRecursive":[{"major":8,"minor":16,"op":"Read","value":512},)"
            R"({"major":8,"minor":16,"op":"Total","value":512}]})");
}

TEST(Figures, CpusetListsAreSpelledOut) {
  Json cpuset = cpuset_figures(
      Texts(1, {{"cpuset.cpus", "0-2,7\n"}, {"cpuset.mems", "0\n"}, {"cpuset.sched_load_balance", "1\n"}}));
  EXPECT_EQ(to_text(*cpuset.find("cpus")), "[0,1,2,7]");
  EXPECT_EQ(cpuset.int_or("sched_load_balance"), 1);
  EXPECT_EQ(cpuset_figures(Texts(2, {})).members().size(), 9U) << "lists are left out, numbers are not";
}

TEST(Figures, HugePages) {
  EXPECT_EQ(to_text(hugetlb_figures(Texts(2, {{"hugetlb.2MB.current", "4096\n"}, {"hugetlb.2MB.events", "max 3\n"}}))),
            R"({"2MB":{"usage":4096,"failcnt":3}})");
}

TEST(Figures, NetworkDevices) {
  EXPECT_EQ(to_text(network_figures("Inter-|   Receive | Transmit\n face |bytes packets|bytes\n"
                                    "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")),
            R"([{"Name":"eth0","RxBytes":1,"RxPackets":2,"RxErrors":3,"RxDropped":4,)"
            R"("TxBytes":9,"TxPackets":10,"TxErrors":11,"TxDropped":12}])");
  EXPECT_TRUE(network_figures("").is_null());
}

} // namespace
} // namespace phial::runtime
