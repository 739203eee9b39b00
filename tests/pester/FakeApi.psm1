<#
    An API server that says only what a test tells it to: for the ways in which real ones go wrong (a certificate that has
    expired, a server without KubeVirt, a line that hangs) and that no sandbox should ever offer as a feature.
#>
$ErrorActionPreference = 'Stop'

if (-not ('KubeVirtCloneTests.FakeApi' -as [type])) {
    Add-Type -IgnoreWarnings -WarningAction SilentlyContinue -ReferencedAssemblies @(
        'System.Net.Sockets', 'System.Net.Security', 'System.Net.Primitives', 'System.Security.Cryptography',
        'System.Collections', 'System.Collections.Concurrent', 'System.Threading', 'System.Threading.Thread', 'System.Linq', 'System.Runtime') -TypeDefinition @'
namespace KubeVirtCloneTests;

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;

public sealed class FakeApi : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;

    public FakeApi(string host, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address); else names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var own = request.CreateSelfSigned(notBefore, notAfter);
        _certificate = new X509Certificate2(own.Export(X509ContentType.Pfx));
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
    public string CertificateAuthority => Convert.ToBase64String(Encoding.ASCII.GetBytes(_certificate.ExportCertificatePem()));

    // "METHOD /path" → "status body"; a path that is not there is answered with 404; "hang" never answers.
    public ConcurrentDictionary<string, string> Answers { get; } = new();
    public ConcurrentQueue<string> Requests { get; } = new();

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception) { }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            using (var tls = new SslStream(client.GetStream()))
            {
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate });
                using var reader = new StreamReader(tls, Encoding.ASCII, false, 1024, true);
                while (await reader.ReadLineAsync() is { Length: > 0 } line)
                {
                    var length = 0;
                    while (await reader.ReadLineAsync() is { Length: > 0 } header)
                    {
                        if (header.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase)) length = int.Parse(header[15..]);
                    }

                    for (var i = 0; i < length; i++) reader.Read();
                    var parts = line.Split(' ');
                    var asked = parts[0] + " " + parts[1].Split('?')[0];
                    Requests.Enqueue(asked);
                    var answer = Answers.TryGetValue(asked, out var known) ? known : "404 " + Status(404, "NotFound", "the server could not find the requested resource");
                    if (answer == "hang") { await Task.Delay(-1); }
                    var body = Encoding.UTF8.GetBytes(answer[4..]);
                    var head = $"HTTP/1.1 {answer[..3]} x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n";
                    await tls.WriteAsync(Encoding.ASCII.GetBytes(head));
                    await tls.WriteAsync(body);
                    await tls.FlushAsync();
                }
            }
        }
        catch (Exception) { }
    }

    public static string Status(int code, string reason, string message) =>
        $"{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"status\":\"Failure\",\"message\":\"{message}\",\"reason\":\"{reason}\",\"code\":{code}}}";
}
'@
}

<# Starts a server on a free loopback port. #>
function Start-FakeApi {
    param([string] $CertificateName = '127.0.0.1', [switch] $Expired)

    $now = [DateTimeOffset]::UtcNow
    if ($Expired) { return [KubeVirtCloneTests.FakeApi]::new($CertificateName, $now.AddDays(-10), $now.AddDays(-1)) }
    [KubeVirtCloneTests.FakeApi]::new($CertificateName, $now.AddDays(-1), $now.AddDays(1))
}

<# What a cluster with KubeVirt answers to the questions that come before any clone. #>
function Set-FakeKubeVirt {
    param([Parameter(Mandatory)] $Api, [string[]] $FeatureGate = @('Snapshot'), [string] $Version = 'v1.8.0', [switch] $WithoutClones)

    $group = { param($name, $versions)
        $list = $versions | ForEach-Object { @{ groupVersion = "$name/$_"; version = $_ } }
        '200 ' + (ConvertTo-Json -Compress -Depth 9 @{ kind = 'APIGroup'; apiVersion = 'v1'; name = $name; versions = @($list); preferredVersion = @($list)[0] }) }
    $Api.Answers['GET /version'] = '200 {"major":"1","minor":"34","gitVersion":"v1.34.1"}'
    $Api.Answers['GET /apis/kubevirt.io'] = & $group 'kubevirt.io' 'v1'
    $Api.Answers['GET /apis/snapshot.kubevirt.io'] = & $group 'snapshot.kubevirt.io' 'v1beta1'
    if (-not $WithoutClones) { $Api.Answers['GET /apis/clone.kubevirt.io'] = & $group 'clone.kubevirt.io' 'v1beta1', 'v1alpha1' }
    $Api.Answers['GET /apis/subresources.kubevirt.io/v1/version'] = "200 {`"gitVersion`":`"$Version`"}"
    $kubeVirt = @{
        apiVersion = 'kubevirt.io/v1'; kind = 'KubeVirt'; metadata = @{ name = 'kubevirt'; namespace = 'kubevirt' }
        spec = @{ configuration = @{ developerConfiguration = @{ featureGates = @($FeatureGate) } } }
        status = @{ observedKubeVirtVersion = $Version }
    }
    $Api.Answers['GET /apis/kubevirt.io/v1/kubevirts'] = '200 ' + (ConvertTo-Json -Compress -Depth 9 @{
            apiVersion = 'kubevirt.io/v1'; kind = 'KubeVirtList'; metadata = @{ resourceVersion = '1' }; items = @($kubeVirt) })
}

<# A kubeconfig for it, with a token that must never be seen anywhere. #>
function New-FakeKubeConfig {
    param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Server, [string] $CertificateAuthority, [string] $Token = 'very-secret-token')

    $trust = if ($CertificateAuthority) { "certificate-authority-data: $CertificateAuthority" } else { 'insecure-skip-tls-verify: false' }
    Set-Content -LiteralPath $Path -Value @"
apiVersion: v1
kind: Config
current-context: fake
clusters:
- name: fake
  cluster:
    server: $Server
    $trust
users:
- name: fake-user
  user:
    token: $Token
contexts:
- name: fake
  context:
    cluster: fake
    user: fake-user
    namespace: lab
"@
    $Path
}

Export-ModuleMember -Function *-Fake*
