using System.Text;

namespace KubeVirtClone.Kubernetes;

/// <summary>Builds the query of a URL.</summary>
internal sealed class Query
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds a parameter; a null or empty value is left out.</summary>
    public Query Add(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            _text.Append(_text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return this;
    }

    public override string ToString() => _text.ToString();
}
