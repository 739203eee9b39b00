namespace KubeVirtClone.Engine.Model.Results;

/// <summary>Turns what the client throws into faults: what it means to the user, and what to do.</summary>
public static class FaultMapper
{
    /// <summary>The fault for an exception.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="target">What was being worked on, usually <c>namespace/name</c>.</param>
    public static Fault From(Exception exception, string? target = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            EngineException e => e.Fault,
            KubeConfigException e => FromKubeConfig(e),
            CredentialException e => FromCredentials(e),
            ApiServerTlsException e => FromTls(e),
            ApiServerUnreachableException e => Make(
                FaultIds.ApiServerUnreachable,
                FaultCategory.ConnectionError,
                e.Message,
                "Check that the cluster is up and that this machine reaches it (VPN, proxy, firewall), and that the context names the right server.",
                Address(e.Server),
                e,
                terminating: true),
            AnswerLostException e => Make(
                FaultIds.ApiAnswerLost,
                FaultCategory.ConnectionError,
                $"The connection broke before the server's answer about {target ?? e.Path} came, and it could not be read back.",
                "Run the same command again with the same batch: what was made is found and nothing is made twice.",
                target,
                e),
            ApiStatusException e => FromStatus(e, target),
            _ => Make(
                FaultIds.ApiRequestFailed,
                FaultCategory.NotSpecified,
                exception.Message,
                $"Run the command with {OptionName.Debug} to see the requests.",
                target,
                exception),
        };
    }

    /// <summary>True when the exception means that nothing at all can work, whatever item was tried.</summary>
    /// <param name="exception">What was thrown.</param>
    public static bool EndsEverything(Exception exception) => From(exception).Terminating;

    /// <summary>What an exception says of the one item it came up with; null when it means that nothing further can work.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="target">The item, usually <c>namespace/name</c>.</param>
    public static Fault? OfItem(Exception exception, string target) => exception switch
    {
        EngineException { Fault: { Exception: KubernetesException inner } fault } when !EndsEverything(inner) => fault with { Terminating = false },
        KubernetesException e when !EndsEverything(e) => From(e, target),
        _ => null,
    };

    /// <summary>The fault for a watch that is over although somebody still waits for what it would show.</summary>
    /// <param name="target">What was watched, usually <c>namespace/kind</c>.</param>
    /// <param name="cause">What ended it; null when it ended by itself.</param>
    public static Fault WatchEnded(string target, Exception? cause) => Make(
        FaultIds.ApiRequestFailed,
        FaultCategory.ConnectionError,
        cause switch
        {
            null => $"The watch of {target} ended by itself.",
            ObjectDisposedException => $"The watch of {target} ended: its connection was closed.",
            _ => $"The watch of {target} ended: {cause.Message}",
        },
        "Run the same command again: it goes on from what there is.",
        target,
        cause,
        terminating: true);

    private static Fault FromKubeConfig(KubeConfigException e)
    {
        var (id, category, action) = e.Problem switch
        {
            KubeConfigProblem.NotFound => (
                FaultIds.KubeConfigNotFound,
                FaultCategory.ObjectNotFound,
                (Advice)$"Name the file with {OptionName.KubeConfig} or in KUBECONFIG, or put it at ~/.kube/config. {CommandName.StartKubeVirtSandbox} gives a local cluster to try."),
            KubeConfigProblem.ContextNotFound => (
                FaultIds.KubeContextNotFound,
                FaultCategory.ObjectNotFound,
                "List the contexts with: kubectl config get-contexts"),
            KubeConfigProblem.NoCurrentContext => (
                FaultIds.KubeContextNotFound,
                FaultCategory.ObjectNotFound,
                (Advice)$"Name one with {OptionName.Context}, or choose one with: kubectl config use-context NAME"),
            KubeConfigProblem.CredentialUnreadable => (
                FaultIds.KubeConfigInvalid,
                FaultCategory.InvalidData,
                "Check that the certificate, key or token file exists, can be read, and is not damaged."),
            KubeConfigProblem.ImpersonationIncomplete => (
                FaultIds.ImpersonationIncomplete,
                FaultCategory.InvalidArgument,
                (Advice)$"Add {OptionName.As} with the user to act as, or 'as' to the kubeconfig's user."),
            KubeConfigProblem.ProxyInvalid => (
                FaultIds.KubeConfigInvalid,
                FaultCategory.InvalidData,
                "Correct the variable, name the server in NO_PROXY, or name a proxy in the kubeconfig (proxy-url)."),
            KubeConfigProblem.NotSupported => (
                FaultIds.KubeConfigInvalid,
                FaultCategory.InvalidData,
                "Use a context with a client certificate, a token or an exec plugin."),
            _ => (
                FaultIds.KubeConfigInvalid,
                FaultCategory.InvalidData,
                "Compare with what kubectl makes of it: kubectl config view"),
        };
        return Make(id, category, e.Message, action, e.ContextName ?? e.Path, e, terminating: true);
    }

    private static Fault FromCredentials(CredentialException e)
    {
        var action = e.Problem switch
        {
            CredentialProblem.PluginMissing => "Install it, or name where it is in the kubeconfig (exec, command).",
            CredentialProblem.PluginFailed => "What it wrote says why; run it by itself to log in again.",
            CredentialProblem.PluginAnswerInvalid => "Bring the plugin and the kubeconfig's apiVersion together: a newer plugin, or what its own tool writes into the kubeconfig.",
            CredentialProblem.NeedsTerminal => "Run the command at a terminal, or use a context with a token or certificate.",
            CredentialProblem.NotNow => "Run any command that reads the cluster first: it logs in, and may ask.",
            _ => "Log in again with the tool that wrote this user into the kubeconfig.",
        };
        return Make(FaultIds.CredentialsUnavailable, FaultCategory.AuthenticationError, e.Message, e.Hint ?? action, target: null, e, terminating: true);
    }

    private static Fault FromTls(ApiServerTlsException e)
    {
        var action = e.Reason switch
        {
            TlsFailureReason.Expired => "Renew the API server's certificate, or correct this machine's clock.",
            TlsFailureReason.AuthorityExpired =>
                "Give the cluster's current CA in the kubeconfig (certificate-authority or certificate-authority-data), or correct this machine's clock.",
            TlsFailureReason.NotYetValid => "Correct this machine's clock.",
            TlsFailureReason.UnknownAuthority => "Give the cluster's CA in the kubeconfig (certificate-authority or certificate-authority-data).",
            TlsFailureReason.NameMismatch => "Use the name the certificate was made for, or set tls-server-name in the kubeconfig.",
            TlsFailureReason.ClientCertificateRefused => "Renew the client certificate in the kubeconfig: it has expired, or another CA signed it.",
            TlsFailureReason.ClientCertificateRequired => "Use a context whose user has a client certificate.",
            TlsFailureReason.NotTls => "Check the server's URL: what answers there does not speak TLS (http instead of https, or another port).",
            _ => "Check server URL, CA and client certificate of the context.",
        };
        return Make(
            FaultIds.ApiServerTlsFailure,
            FaultCategory.SecurityError,
            e.Message,
            action,
            Address(e.Server),
            e,
            terminating: true);
    }

    private static Fault FromStatus(ApiStatusException e, string? target) => e.StatusCode switch
    {
        401 => Make(
            FaultIds.ApiUnauthorized,
            FaultCategory.AuthenticationError,
            "The API server does not accept the credentials of this context (401): the token or certificate is wrong or has expired.",
            "Log in to the cluster again, or choose another context; 'kubectl auth whoami' shows what the server makes of it.",
            target,
            e,
            terminating: true),
        403 when IsQuota(e) => Make(
            FaultIds.QuotaExceeded,
            FaultCategory.LimitsExceeded,
            e.ApiMessage,
            "Free some of the quota or have it raised: kubectl describe resourcequota",
            target,
            e),
        403 => Make(
            FaultIds.ApiForbidden,
            FaultCategory.PermissionDenied,
            e.ApiMessage,
            $"Ask for the right, for example by a RoleBinding to the ClusterRole kubevirt.io:edit in that namespace, or use another context or {OptionName.As}.",
            target,
            e),
        404 when e.Kind == "namespaces" => Make(
            FaultIds.NamespaceNotFound,
            FaultCategory.ObjectNotFound,
            $"The namespace '{e.Name}' does not exist.",
            "Check the spelling, or create it: kubectl create namespace " + e.Name,
            target,
            e),
        404 when e.Kind is "virtualmachines" => Make(
            FaultIds.VMNotFound,
            FaultCategory.ObjectNotFound,
            $"There is no virtual machine {target ?? e.Name}.",
            $"Check name and namespace: {CommandName.GetVM} {OptionName.AllNamespaces}",
            target,
            e),
        404 when e.Kind is "virtualmachineclones" => Make(
            FaultIds.VMCloneNotFound,
            FaultCategory.ObjectNotFound,
            $"There is no clone {target ?? e.Name}.",
            "Check name and namespace. KubeVirt also deletes a finished clone when its virtual machine is deleted.",
            target,
            e),
        400 when e.ApiMessage.Contains("feature gate", StringComparison.OrdinalIgnoreCase) => GateOff(e),
        400 or 422 => Make(
            FaultIds.VMCloneRejected,
            FaultCategory.InvalidArgument,
            $"KubeVirt refused the request: {WithoutWebhookName(e.ApiMessage)}",
            CauseAction(e),
            target,
            e),
        409 when e.IsAlreadyExists => Make(
            FaultIds.VMCloneExists,
            FaultCategory.ResourceExists,
            e.ApiMessage,
            "Choose another name, or remove what is there.",
            target,
            e),
        409 => Make(
            FaultIds.ApiConflict,
            FaultCategory.ResourceBusy,
            e.ApiMessage,
            "Somebody else is changing the object. Try again.",
            target,
            e),
        429 => Make(
            FaultIds.ApiThrottled,
            FaultCategory.ResourceUnavailable,
            $"The API server is too busy (429) and stayed so: {e.ApiMessage}",
            $"Try again later, or with a lower {OptionName.ThrottleLimit}.",
            target,
            e),
        410 => Make(
            FaultIds.ApiRequestFailed,
            FaultCategory.ResourceUnavailable,
            $"The API server no longer has the state it was asked about ({e.StatusCode} {e.Reason}): {e.ApiMessage}",
            "Run the same command again: everything is read anew.",
            target,
            e),
        >= 500 => Make(
            FaultIds.ApiServerError,
            FaultCategory.ResourceUnavailable,
            $"The API server could not do it ({e.StatusCode}) and stayed so: {e.ApiMessage}",
            e.ApiMessage.Contains("webhook", StringComparison.OrdinalIgnoreCase)
                ? "KubeVirt's admission does not answer: look at the virt-api pods. Then try again."
                : "Look at the API server's health, then try again.",
            target,
            e),
        _ => Make(
            FaultIds.ApiRequestFailed,
            FaultCategory.NotSpecified,
            $"The API server refused the request ({e.StatusCode} {e.Reason}): {e.ApiMessage}",
            $"Run the command with {OptionName.Debug} to see the requests.",
            target,
            e),
    };

    internal static Fault GateOff(Exception? e) => Make(
        FaultIds.CloneApiUnavailable,
        FaultCategory.NotInstalled,
        "KubeVirt's Snapshot feature gate is off, so this cluster cannot snapshot or clone.",
        "Add Snapshot to spec.configuration.developerConfiguration.featureGates of the KubeVirt object (from KubeVirt 1.9 on: remove it from disabledFeatureGates).",
        KubeVirtKinds.CloneGroup,
        e,
        terminating: true);

    internal static Fault CloneApiMissing() => Make(
        FaultIds.CloneApiUnavailable,
        FaultCategory.NotInstalled,
        "This cluster does not serve clone.kubevirt.io: KubeVirt is not installed, or older than 0.55.",
        "Install or upgrade KubeVirt, or choose another context; 'kubectl api-resources --api-group=clone.kubevirt.io' shows what is served.",
        KubeVirtKinds.CloneGroup,
        exception: null,
        terminating: true);

    internal static Fault SnapshotApiMissing() => Make(
        FaultIds.CloneApiUnavailable,
        FaultCategory.NotInstalled,
        "This cluster does not serve snapshot.kubevirt.io: KubeVirt is not installed, or too old.",
        "Install or upgrade KubeVirt, or choose another context; 'kubectl api-resources --api-group=snapshot.kubevirt.io' shows what is served.",
        KubeVirtKinds.SnapshotGroup,
        exception: null,
        terminating: true);

    internal static Fault KubeVirtMissing(Exception? e) => Make(
        FaultIds.KubeVirtNotInstalled,
        FaultCategory.NotInstalled,
        "This cluster does not serve kubevirt.io: KubeVirt is not installed.",
        $"Install KubeVirt, or choose another context with {OptionName.Context}.",
        KubeVirtKinds.KubeVirtGroup,
        e,
        terminating: true);

    internal static bool IsQuota(ApiStatusException e) =>
        e.IsForbidden && e.ApiMessage.Contains("exceeded quota", StringComparison.OrdinalIgnoreCase);

    /// <summary>RBAC said no, as opposed to an admission policy: then every other create in the namespace is refused too.</summary>
    internal static bool IsAccessDenied(ApiStatusException e) =>
        e.IsForbidden && e.ApiMessage.Contains("cannot create resource", StringComparison.Ordinal);

    internal static Fault Make(
        string id,
        FaultCategory category,
        string message,
        Advice action,
        string? target = null,
        Exception? exception = null,
        bool terminating = false) => new()
        {
            Id = id,
            Category = category,
            Message = message,
            RecommendedAction = action,
            TargetName = target,
            Exception = exception,
            Terminating = terminating,
        };

    // User information does not belong in a kubeconfig's server URL, but where it stands there it must not be shown.
    private static string Address(Uri server) => server.GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped);

    private static string WithoutWebhookName(string message)
    {
        const string marker = " denied the request: ";
        var at = message.IndexOf(marker, StringComparison.Ordinal);
        return at < 0 ? message : message[(at + marker.Length)..];
    }

    private static string CauseAction(ApiStatusException e)
    {
        var fields = e.Causes.Select(c => c.Field).Where(f => !string.IsNullOrEmpty(f)).Distinct(StringComparer.Ordinal).ToList();
        return fields.Count == 0
            ? "Correct the request as the message says."
            : $"Correct {string.Join(", ", fields)}.";
    }
}
