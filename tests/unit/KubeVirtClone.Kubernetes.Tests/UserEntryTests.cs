using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.KubeConfigText;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>Users that log in by plugin, auth-provider, or several things at once, read as kubectl reads them.</summary>
public sealed class UserEntryTests : IDisposable
{
    private const string V1 = "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never";

    // A certificate made for this test alone; nothing trusts it.
    private const string Ed25519Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBMDCB46ADAgECAhQbPl4RljgqYnDB9kLb84fm640l8TAFBgMrZXAwDTELMAkG
        A1UEAwwCZWQwIBcNMjYxMTI5MjEwNjIwWhgPMjEyNjExMDUyMTA2MjBaMA0xCzAJ
        BgNVBAMMAmVkMCowBQYDK2VwAyEAYuZtwUdb+q8xiLq5uf+2oGIAZAo0TmYiYxTX
        F9499dWjUzBRMB0GA1UdDgQWBBTrmR3HmE6sObyAisEXKZBFj4l8+jAfBgNVHSME
        GDAWgBTrmR3HmE6sObyAisEXKZBFj4l8+jAPBgNVHRMBAf8EBTADAQH/MAUGAytl
        cANBAFviITkUkpNBkRZxV4Yuj9LvvbvTz/LE9PJLRmvalNrA4OBCxoVwpTPBa1Zf
        0Xi/ntBNTLo+1+DGz6ftUGkbOgA=
        -----END CERTIFICATE-----
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_plugins_command_counts_from_its_own_file_or_is_looked_for_on_PATH()
    {
        Plugin($"command: bin/tool, {V1}").Command.ShouldBe(_folder.At("bin", "tool"));
        Plugin($"command: ../tool, {V1}").Command.ShouldBe(Path.GetFullPath(_folder.At("..", "tool")));
        Plugin($"command: /opt/tool, {V1}").Command.ShouldBe("/opt/tool");
        Plugin($"command: tool, {V1}").Command.ShouldBe("tool");
    }

    [Fact]
    public void A_name_is_found_on_PATH_only_and_never_in_a_relative_folder_of_it()
    {
        var folder = _folder.At("bin");
        Directory.CreateDirectory(folder);
        var plain = _folder.Write("bin/plain-file", "");
        var tool = _folder.Write("bin/login-tool", "");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(plain, UnixFileMode.UserRead);
            File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        PluginCommand.Find("login-tool", $"/no/such:{folder}", extensions: null).ShouldBe(tool);
        PluginCommand.Find("plain-file", folder, extensions: null).ShouldBeNull();
        PluginCommand.Find("login-tool", Path.GetRelativePath(Environment.CurrentDirectory, folder), extensions: null).ShouldBeNull();
        PluginCommand.Find("login-tool", path: null, extensions: null).ShouldBeNull();
    }

    [Fact]
    public void A_plugin_is_told_of_the_cluster_only_when_it_is_to_be()
    {
        const string Cluster = """
            server: "https://c.example/", tls-server-name: api, insecure-skip-tls-verify: true, proxy-url: "http://p:3128", disable-compression: true,
            extensions: [{name: other, extension: x}, {name: client.authentication.k8s.io/exec, extension: {audience: 06e3fbd18de8, flag: yes, n: 007, s: "1", f: 1.5, list: [~, a]}}]
            """;

        Plugin($"command: tool, {V1}", Cluster).ClusterInfo.ShouldBeNull();
        var info = Plugin($"command: tool, {V1}, provideClusterInfo: true", Cluster).ClusterInfo!;

        JsonNode.DeepEquals(JsonNode.Parse(info), JsonNode.Parse("""
            {"server":"https://c.example/","tls-server-name":"api","insecure-skip-tls-verify":true,"proxy-url":"http://p:3128","disable-compression":true,
             "config":{"audience":"06e3fbd18de8","flag":true,"n":7,"s":"1","f":1.5,"list":[null,"a"]}}
            """)).ShouldBeTrue(info);
        Plugin($"command: tool, {V1}, provideClusterInfo: true").ClusterInfo.ShouldBe("""{"server":"https://c.example","config":null}""");
    }

    [Fact]
    public void The_authority_is_handed_over_whether_it_is_data_or_a_file()
    {
        var file = _folder.Write("ca.pem", "pem");

        Plugin($"command: tool, {V1}, provideClusterInfo: true", "server: \"https://c\", certificate-authority-data: cGVt, insecure-skip-tls-verify: false", isLoaded: false)
            .ClusterInfo!.ShouldContain("\"certificate-authority-data\":\"cGVt\"");
        Plugin($"command: tool, {V1}, provideClusterInfo: true", $"server: \"https://c\", certificate-authority: {file}", isLoaded: false)
            .ClusterInfo!.ShouldContain("\"certificate-authority-data\":\"cGVt\"");
    }

    [Theory]
    [InlineData("exec: {apiVersion: v, interactiveMode: Never}", "exec: command must be specified")]
    [InlineData("exec: {command: x, interactiveMode: Never}", "exec: apiVersion must be specified")]
    [InlineData("exec: {command: x, apiVersion: client.authentication.k8s.io/v1}", "exec: interactiveMode must be specified")]
    [InlineData("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Sometimes}", "exec: interactiveMode must be Never")]
    [InlineData("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, env: [{value: S3CR3T}]}", "env has a variable without name")]
    [InlineData("exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}", "v1alpha1', which is not supported")]
    [InlineData("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}, auth-provider: {name: oidc}", "cannot be combined with exec")]
    [InlineData("auth-provider: {name: gcp, config: {access-token: S3CR3T}}", "gke-gcloud-auth-plugin")]
    [InlineData("token: S3CR3T, auth-provider: {name: azure, config: {access-token: S3CR3T}}", "kubelogin")]
    [InlineData("auth-provider: {name: something}", "'something', an auth-provider nobody knows")]
    [InlineData("auth-provider: {name: oidc, config: {client-id: x}}", "has no idp-issuer-url")]
    [InlineData("auth-provider: {name: oidc, config: {idp-issuer-url: 'https://i'}}", "has no client-id")]
    [InlineData("username: me, password: S3CR3T, token: S3CR3T", "beside a token")]
    [InlineData("password: S3CR3T, token: S3CR3T", "beside a token")]
    [InlineData("username: me, tokenFile: /no/such", "beside a token")]
    [InlineData("client-certificate: x, client-certificate-data: UzNDUjNU, client-key-data: UzNDUjNU", "client-certificate and client-certificate-data are both specified")]
    [InlineData("client-certificate-data: UzNDUjNU", "client-key is missing")]
    public async Task What_kubectl_refuses_is_refused_and_nothing_of_it_shown(string user, string words)
    {
        var error = await Should.ThrowAsync<KubeConfigException>(async () =>
        {
            await using var client = KubernetesClientFactory.Create(KubeConfigLoader.Load(new() { Path = _folder.Minimal(user) }));
        });

        error.Message.ShouldContain(words);
        error.ToString().ShouldNotContain("S3CR3T");
    }

    [Theory]
    [InlineData("token: t, client-key-data: UzNDUjNU, client-key: /no/such", "token")]
    [InlineData("token: t, client-key: /no/such", "token")]
    [InlineData("tokenFile: /dev/null, password: p", "token file")]
    [InlineData("username: me", "basic")]
    [InlineData("password: p", "none")]
    [InlineData("token: t, exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}", "token, plugin")]
    public async Task What_kubectl_takes_is_taken(string user, string kinds)
    {
        var cluster = KubeConfigLoader.Load(new() { Path = _folder.Minimal(user) });
        await using var client = KubernetesClientFactory.Create(cluster);

        cluster.Credentials.ToString().ShouldBe(kinds);
    }

    [Fact]
    public async Task For_a_server_without_TLS_nobody_has_to_log_in()
    {
        foreach (var user in new[] { "auth-provider: {name: gcp}", "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}" })
        {
            await using var client = KubernetesClientFactory.Create(KubeConfigLoader.Load(new() { Path = _folder.Minimal(user, "server: \"http://127.0.0.1:1\"") }));
            client.Configuration.Credentials.Problem.ShouldNotBeNull();
        }
    }

    [Fact]
    public void An_install_hint_cannot_steer_a_terminal()
    {
        Plugin($"command: tool, {V1}, installHint: \"one\\ntwo \\x1b[31mred\\a\"").InstallHint.ShouldBe("one\ntwo U+001B[31mredU+0007");
    }

    [Fact]
    public void A_key_that_NETs_TLS_does_not_know_is_named()
    {
        var data = Base64(Ed25519Certificate);

        var error = Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = _folder.Minimal($"client-certificate-data: {data}, client-key-data: UzNDUjNU") }));

        error.Message.ShouldContain("client-certificate has an Ed25519 key");
        error.Message.ShouldContain("EC or RSA");
    }

    private CredentialPlugin Plugin(string exec, string cluster = "server: \"https://c.example\"", bool isLoaded = true)
    {
        var path = _folder.Minimal($"exec: {{{exec}}}", cluster);
        if (isLoaded)
            return KubeConfigLoader.Load(new() { Path = path }).Credentials.Plugin!;
        var files = KubeConfigFiles.Read(new() { Path = path });
        return UserEntryReader.Read(files.User("u"), "u", files.Cluster("c")!, isTls: true, new()).Plugin!;
    }
}
