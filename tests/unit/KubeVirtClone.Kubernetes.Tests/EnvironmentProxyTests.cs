using KubeVirtClone.Kubernetes.Transport;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>The environment's proxy, as kubectl (Go) chooses it.</summary>
public sealed class EnvironmentProxyTests
{
    [Theory]
    [InlineData("https://api.x", "HTTPS_PROXY=http://great:1 https_proxy=http://small:1", "http://great:1/")]
    [InlineData("https://api.x", "HTTPS_PROXY= https_proxy=http://small:1", "http://small:1/")]
    [InlineData("https://api.x", "HTTPS_PROXY=great:1", "http://great:1/")]
    [InlineData("https://api.x", "HTTPS_PROXY=\thttp://great:1", null)]
    [InlineData("https://[fd00::1]:6443", "HTTPS_PROXY=http://great:1 NO_PROXY=fd00::2,[fd00::1],10.0.0.0/8", "http://great:1/")]
    [InlineData("https://[fd00::1]:6443", "HTTPS_PROXY=http://great:1 NO_PROXY=[fd00::1]:6443", null)]
    [InlineData("https://[fd00::1]:6443", "HTTPS_PROXY=http://great:1 NO_PROXY=fd00::/8", null)]
    [InlineData("https://api.x", "HTTPS_PROXY=127.0.0.1:1", "http://127.0.0.1:1/")]
    [InlineData("https://api.x", "HTTPS_PROXY=https://great", "https://great/")]
    [InlineData("https://api.x", "HTTPS_PROXY=socks5://great:1", "socks5://great:1/")]
    [InlineData("https://api.x", "HTTPS_PROXY=socks5h://great:1", "socks5h://great:1/")]
    [InlineData("https://api.x", "HTTP_PROXY=http://plain:1 http_proxy=http://plain:1 ALL_PROXY=http://all:1 all_proxy=http://all:1", null)]
    [InlineData("http://api.x", "HTTP_PROXY=http://plain:1 HTTPS_PROXY=http://great:1", "http://plain:1/")]
    [InlineData("https://localhost:6443", "HTTPS_PROXY=http://great:1", null)]
    [InlineData("https://127.0.0.9:6443", "HTTPS_PROXY=http://great:1", null)]
    [InlineData("https://[::1]:6443", "HTTPS_PROXY=http://great:1", null)]
    public void It_is_chosen_by_name_and_never_for_this_machine(string server, string variables, string? expected)
    {
        var all = variables.Split(' ').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

        EnvironmentProxy.For(new Uri(server), name => all.GetValueOrDefault(name))?.ToString().ShouldBe(expected);
    }

    [Theory]
    [InlineData("api.cluster.test", "api.cluster.test", false)]
    [InlineData("api.cluster.test", "cluster.test", false)]
    [InlineData("api.cluster.test", ".cluster.test", false)]
    [InlineData("api.cluster.test", "*.cluster.test", false)]
    [InlineData("api.cluster.test", "*", false)]
    [InlineData("api.cluster.test", "other, *", false)]
    [InlineData("api.cluster.test", " other.test , API.cluster.test ", false)]
    [InlineData("api.cluster.test", "api.cluster.test:6443", false)]
    [InlineData("api.cluster.test", "api.cluster.test:1", true)]
    [InlineData("api.cluster.test", ".api.cluster.test", true)]
    [InlineData("api.cluster.test", "uster.test", true)]
    [InlineData("api.cluster.test", "*cluster.test", true)]
    [InlineData("api.cluster.test", "other api.cluster.test", true)]
    [InlineData("api.cluster.test", "", true)]
    [InlineData("bücher.test", "BÜCHER.test", false)]
    [InlineData("10.20.30.40", "10.20.30.40", false)]
    [InlineData("10.20.30.40", "10.20.30.40:6443", false)]
    [InlineData("10.20.30.40", "10.20.30.40:1", true)]
    [InlineData("10.20.30.40", "10.20.0.0/16", false)]
    [InlineData("10.20.30.40", "10.20.7.9/16", false)]
    [InlineData("10.20.30.40", "010.020.0.0/16", false)]
    [InlineData("10.20.30.40", "0.0.0.0/0", false)]
    [InlineData("10.20.30.40", "10.21.0.0/16", true)]
    [InlineData("10.20.30.40", "10.20.0.0/33", true)]
    [InlineData("10.20.30.40", "10.20.30.040", true)]
    [InlineData("10.20.30.40", ".30.40", true)]
    [InlineData("10.20.30.40", "10.20", true)]
    [InlineData("10.20.30.40", "::ffff:10.20.30.40", false)]
    [InlineData("10.20.30.40", "::ffff:10.20.0.0/112", false)]
    [InlineData("[fd00::7]", "fd00::/8", false)]
    [InlineData("[fd00::7]", "fd00:0::7", false)]
    [InlineData("[fd00::7]", "[fd00::7]:6443", false)]
    [InlineData("[fd00::7]", "fc00::/16", true)]
    [InlineData("[fd00::7]", "10.0.0.0/8", true)]
    public void Exceptions_are_names_with_what_is_below_them_addresses_and_ranges(string host, string exceptions, bool isWanted)
    {
        EnvironmentProxy.IsWanted(new Uri($"https://{host}:6443"), exceptions).ShouldBe(isWanted);
    }

    [Fact]
    public void One_of_another_kind_or_that_a_caller_may_have_set_is_refused()
    {
        Should.Throw<KubeConfigException>(() => EnvironmentProxy.For(new Uri("https://api.x"), name => name == "HTTPS_PROXY" ? "ftp://u:S3CR3T@p" : null))
            .Message.ShouldBe("HTTPS_PROXY names a proxy of kind 'ftp', which is not supported (http, https, socks5 and socks5h are).");
        Should.Throw<KubeConfigException>(
            () => EnvironmentProxy.For(new Uri("http://api.x"), name => name is "http_proxy" ? "http://p" : name is "REQUEST_METHOD" ? "GET" : null));
    }
}
