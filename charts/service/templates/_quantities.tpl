{{/* A CPU quantity in thousandths of a core. */}}
{{- define "service.milliCpu" -}}
{{- if hasSuffix "m" . -}}{{ trimSuffix "m" . | float64 }}{{- else -}}{{ mulf (. | float64) 1000.0 }}{{- end -}}
{{- end }}
