using System.Text.Json;
using System.Text.RegularExpressions;
using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class MachineCertificatesTests(SandboxFixture sandbox) : IDisposable
{
    private static readonly DateTime LongAgo = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
    private readonly string _folder = Directory.CreateTempSubdirectory("vmclone-certificates-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_context_with_authorities_of_its_own_reads_none_of_the_machines_and_its_plugin_reads_them_as_ever()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only there does .NET read them file by file");
        var control = Unread("control.pem");
        var read = Unread("machine.pem");
        await File.ReadAllBytesAsync(control, TestContext.Current.CancellationToken);
        Assert.SkipWhen(File.GetLastAccessTimeUtc(control) == LongAgo, "this file system does not tell when a file was read");
        var config = await WithPluginAsync(await File.ReadAllTextAsync(await sandbox.KubeConfigAsync(), TestContext.Current.CancellationToken));

        var got = await CliProcess.RunAsync("env", [$"SSL_CERT_DIR={_folder}/machine", $"SSL_CERT_FILE={read}", CliProcess.Program, "get"], config);

        got.ShouldEndWith(0);
        File.GetLastAccessTimeUtc(read).ShouldBe(LongAgo);
        (await File.ReadAllTextAsync(Path.Combine(_folder, "seen"), TestContext.Current.CancellationToken)).ShouldBe($"{_folder}/machine {read}");
    }

    [Fact]
    public void Whoever_may_need_the_machines_keeps_them()
    {
        var own = new ServerTrust { CertificateAuthorities = [] };
        var server = new Uri("https://server.example");
        var issued = new ClusterCredentials { Oidc = new OidcLogin { Issuer = new Uri("https://issuer.example"), ClientId = "vms" } };

        MachineCertificates.IsNeededBy(new ClusterConfiguration { Server = server }).ShouldBeTrue("the server may be known by one of them");
        MachineCertificates.IsNeededBy(new ClusterConfiguration { Server = server, Trust = own, Credentials = issued }).ShouldBeTrue("the issuer may be");
        MachineCertificates.IsNeededBy(new ClusterConfiguration { Server = server, Trust = own }).ShouldBeFalse();
        MachineCertificates.IsNeededBy(new ClusterConfiguration { Server = server, Trust = new ServerTrust { SkipVerification = true } }).ShouldBeFalse();
    }

    private string Unread(string name)
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "machine")).FullName, name);
        File.WriteAllText(file, "no certificate");
        File.SetLastAccessTimeUtc(file, LongAgo);
        return file;
    }

    /// <summary>The kubeconfig's cluster with a user whose plugin notes where it was told to read the machine's authorities.</summary>
    private async Task<string> WithPluginAsync(string text)
    {
        string Value(string key) => Regex.Match(text, $@"\b{key}:\s*(\S+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;
        var answer = JsonSerializer.Serialize(new { apiVersion = "client.authentication.k8s.io/v1", kind = "ExecCredential", status = new { token = Value("token") } });
        var plugin = Path.Combine(_folder, "login.sh");
        await File.WriteAllTextAsync(plugin, $"printf '%s' \"$SSL_CERT_DIR $SSL_CERT_FILE\" > '{_folder}/seen'\necho '{answer}'\n");
        var config = Path.Combine(_folder, "config");
        await File.WriteAllTextAsync(
            config,
            $$$"""
            current-context: c
            clusters: [{ name: c, cluster: { server: {{{Value("server")}}}, certificate-authority-data: {{{Value("certificate-authority-data")}}} } }]
            contexts: [{name: c, context: {cluster: c, user: u, namespace: default}}]
            users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['{{{plugin}}}'], interactiveMode: Never} } }]
            """);
        return config;
    }
}
